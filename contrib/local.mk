# contrib: checks for `make lint`, and other languages.
