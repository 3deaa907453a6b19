"""The page of the operators' console, whose scripts only use the API."""
