"""The extism engine: libextism, the reference implementation of the Extism ABI, through its C API.

What to know of it, as of libextism 1.41:

- It keeps no log of its own. Guests' log lines go to libextism's process-wide log, which nobody reads: they are gone.
  Its error log is read instead, since the C API tells of a trap only where it happened, not what it was. That needs
  libextism's one global logger, so ``extism.set_log_file`` does nothing in a process that uses this engine, and guests
  see the log level ``error``. With ``RUST_BACKTRACE`` in the environment each failed call takes 0.1 s, to name
  native frames; ``RUST_LIB_BACKTRACE=0`` prevents that.
- Its timer is one thread per process, which does not come along in a forked child, so nothing runs there; and a child
  of a process that used it aborts in libextism when it ends through C's ``exit`` (``os._exit``, which
  ``multiprocessing`` uses, is fine).
- It trusts the headers of the blocks in Extism's memory, which a guest can overwrite with ``store_u64``: a hostile
  guest can crash the process. Such guests belong on the wasmtime engine.
"""
