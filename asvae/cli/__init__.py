"""The console command: what it does, its options, how it ends."""
