"""The chaos harness: clients write to the real shop while it is broken on purpose; then everything is compared.

`python -m benchmarks.chaos` runs it. The product has no hook for it: `injection` patches the running
processes through a Django app that only the settings here install.
"""
