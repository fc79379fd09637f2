"""What the book needs beside the library: figures, exercises, samples, and the MNIST trainer.

It stands on `cnnlib`, which knows nothing of it. Nothing is imported here: each module needs other
packages, so ask for the one you want, as in ``from cnnbook import plot``.
"""
