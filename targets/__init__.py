"""What comes out of a build: a module or folder for each kind of target, and the checks that prove it."""
