"""Keras models as specs: a configuration in, a spec out that compiles to the same network, without Keras itself."""
