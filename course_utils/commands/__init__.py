"""Floor 4: what each command of `course` asks for, calls and says."""
