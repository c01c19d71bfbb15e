"""A bundle: the folder that an app ships. The model, what it takes to feed it and to read its answer, proof, and code.

    model.tflite          the file, which passed the gate; it carries labels, vocabulary and preprocessing itself, too
    labels.txt            one class a line, in the order of the output's last axis
    vocabulary.txt        one word a line; a word's number is its line, counted from 0
    preprocessing.json    what is done to each input, and what each output means
    golden.npz            real inputs and what the file makes of them: `in.NAME.N` and `out.NAME.N`
    README.md             how to run it, with code
    manifest.json         inputs and outputs, licence, provenance, metrics, SHA-256 of every file
    manifest.sha256       that of the manifest, as `sha256sum --check` reads it

`write` makes one, `check` proves one with NumPy and ai-edge-litert alone.
"""
