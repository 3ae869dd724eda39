"""The trusted half of the sandbox: it starts jails, asks questions and judges what came back."""
