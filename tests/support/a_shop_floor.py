"""The shop itself, as the demo's story needs it: it remembers what was to happen in it."""


class AShopFloor:
    def __init__(self):
        self.paid_back, self.reviews = [], []

    def give_back(self, order_ref):
        self.paid_back.append(order_ref)

    def write_review(self, written):
        self.reviews.append(written)
