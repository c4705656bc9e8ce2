"""Asks servers all probes, and makes the compatibility table and its evidence of the answers.

The questions themselves are in doctor/src/chatlas_doctor/probes/.
"""
