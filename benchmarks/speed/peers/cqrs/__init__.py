"""Products by django-cqrs: the owner sends a row after its commit, through RabbitMQ, to a replica."""
