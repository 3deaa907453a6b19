"""The pages of the operators' console: a shell whose scripts use only the API."""
