"""karpwiki: immutable sources in raw/ → a Markdown wiki in wiki/, written with a language model and proved by code."""

__version__ = "0.1.0"
