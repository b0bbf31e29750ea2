"""What tests of the guide share: a browser that is watched, its pages, their numbers."""
