"""`chatlas-doctor probe`: starts the questions with the reader's Python, and tells what was found."""
