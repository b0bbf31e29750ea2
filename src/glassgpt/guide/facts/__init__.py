"""What a page may say of the names and the programs, worked out here and now."""
