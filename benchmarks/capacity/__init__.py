"""What so many users and order lines take, worked out from kept results."""
