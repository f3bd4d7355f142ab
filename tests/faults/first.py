"""The first of the durable steps of a deed that are tried."""


class First(int):
    """`stride`: how many steps further the next is."""

    stride: int
