"""What tests of the guide share: a watched browser, its pages, their numbers."""
