"""Copies of strangers' files that hold nothing of who made them, made by parsers in a process that is kept small.

`run.cleaned` is the door. Everything else here runs in the process that it starts (`child`), which knows neither Django,
the database nor a secret. Nothing of the file itself is in the copy: pictures are drawn again from their pixels, the pages
of a PDF are pictures of those pages with their words after them, an office document is its words and its pictures."""
