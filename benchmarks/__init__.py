"""What measures and what breaks the shop; nothing of it runs in production."""
