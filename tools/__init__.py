"""Small scripts behind the Makefile. They are not part of the package."""
