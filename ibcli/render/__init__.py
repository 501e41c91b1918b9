"""Values to Rich tables, JSON and CSV; numbers and missing values are formatted in one place."""
