"""Structured data."""

import json
from typing import Literal

from pydantic import BaseModel

from chatlas_doctor.probes.catalog import probe
from chatlas_doctor.probes.evidence import limited
from chatlas_doctor.probes.outcome import partly, supported, unsupported

ADA = "Ada is 36 years old and lives in London."


class Person(BaseModel):
    name: str
    age: int
    city: str


class Address(BaseModel):
    street: str
    city: str


class Resident(BaseModel):
    name: str
    address: Address


class People(BaseModel):
    people: list[Person]


class Review(BaseModel):
    mood: Literal["good", "bad"]


class Contact(BaseModel):
    name: str
    phone: str | None = None


def extracted(target, text, kind):
    """The data that chat_structured() gives; an error of the server or of pydantic passes through."""
    return target.chat(tokens=120).chat_structured(text, data_model=kind)


@probe("Structured data: flat", follows="schema")
def schema_flat(target):
    """A model of three plain fields."""
    found = extracted(target, ADA, Person)
    return supported("the schema holds", model=found == Person(name="Ada", age=36, city="London"))


@probe("Structured data: nested", follows="schema")
def schema_nested(target):
    """A model within a model."""
    found = extracted(target, "Ada lives at 12 Abbey Road in London.", Resident)
    return supported("the schema holds", model="London" in found.address.city and "Ada" in found.name)


@probe("Structured data: a list", follows="schema")
def schema_list(target):
    """A list of models."""
    found = extracted(target, "Ada is 36 and lives in London. Bob is 40 and lives in Paris.", People)
    return supported("the schema holds", model=[person.name for person in found.people] == ["Ada", "Bob"])


@probe("Structured data: a choice", follows="schema")
def schema_enum(target):
    """One of two given words, and nothing else."""
    found = extracted(target, "The food was wonderful, we loved it.", Review)
    return supported("the schema holds", model=found.mood == "good")


@probe("Structured data: an optional field", follows="schema")
def schema_optional(target):
    """A field that is a text or null."""
    found = extracted(target, "My name is Ada, my phone is 555-1234.", Contact)
    return supported("the schema holds", model=found.name == "Ada" and "555-1234" in (found.phone or ""))


@probe("Structured data while streaming", follows="schema")
def schema_stream(target):
    """`stream(data_model=…)` gives JSON that fits."""
    parts = [str(part) for part in target.chat(tokens=120).stream(ADA, data_model=Person)]
    found = Person.model_validate(json.loads("".join(parts)))
    return supported(f"fits, in {len(parts)} parts", model=found.name == "Ada")


@probe("Structured data cut short")
def schema_cut(target):
    """When structured data is cut at max_tokens, the error names that setting."""
    try:
        target.chat(tokens=8).chat_structured(ADA, data_model=Person)
    except ValueError as error:
        text = limited(" ".join(str(error).split()), 160)
        if "max_tokens" in text:
            return supported(f"{type(error).__name__}: {text}")
        return partly(f"{type(error).__name__}, which does not name max_tokens: {text}")
    return unsupported("nothing was raised")
