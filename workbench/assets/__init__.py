"""Assets of a plant: the tree, what it inherits, and the file it comes from. No I/O."""
