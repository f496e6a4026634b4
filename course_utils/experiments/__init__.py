"""Floor 3: notebooks run by papermill, with a manifest."""
