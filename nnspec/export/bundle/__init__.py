"""A bundle: the folder that an app ships. The model, what it takes to feed it and to read its answer, proof, and code.

    model.tflite          the file, which passed the gate
    labels.txt            one class a line, in the order of the output's last axis
    vocabulary.txt        one word a line; a word's number is its line, counted from 0
    preprocessing.json    what is done to an input before the model gets it
    golden.npz            real inputs and what the file makes of them: `in.NAME.N` and `out.NAME.N`
    manifest.json         inputs and outputs, provenance, metrics, SHA-256 of every file
    README.md             how to run it, with code

`write` makes one, `check` proves one with NumPy and ai-edge-litert alone.
"""
