"""What runs inside the jail, under the system's own interpreter: standard library, numpy and pandas only.

At run time nothing here is imported as ``sandbox.child``: the worker loads each file by path under a private
name (``_mendel_linux``, ...), since a system may own packages called ``sandbox``, ``tools`` or ``agents``."""
