"""What can go wrong with an order, in words of its own."""

from http import HTTPStatus

from rest.problems import Problem, Unprocessable


class ProductsNotAvailable(Problem):
    status_code = HTTPStatus.BAD_REQUEST
    type = "products-not-available"
    title = "Some products cannot be ordered"


class IdempotencyKeyReused(Unprocessable):
    type = "idempotency-key-reused"
    title = "This key was used for another order"
