"""The commands, a module each: the file's name is the command's."""
