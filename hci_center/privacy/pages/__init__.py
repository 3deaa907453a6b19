"""The pages of personal data below /admin/privacy/."""
