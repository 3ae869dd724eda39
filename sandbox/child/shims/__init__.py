"""Stand-ins for libraries that strategies import and that the system's interpreter may not have. Each folder is a
package under its own name in the child (see sandbox/child/shim_finder.py); inside, imports are relative."""
