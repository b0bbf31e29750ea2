"""The lessons' programs as pages show them: listings, maps, differences, cells."""
