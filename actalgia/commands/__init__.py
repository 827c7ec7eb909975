"""One file a command, each thin: words in, a call of a part, words out."""
