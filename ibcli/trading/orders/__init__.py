"""From a trader's words to brackets that are priced, held against his limits and shown."""
