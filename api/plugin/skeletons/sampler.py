import parnas_plugin


class @Name@(parnas_plugin.Sampler):
    """Changes one value of the best candidate so far."""

    name = "@name@@1"

    def open(self, setup):
        self.params, self.best = setup["params"], None

    def tell(self, trial):
        if trial["objectives"] and (self.best is None or trial["objectives"] < self.best["objectives"]):
            self.best = trial

    def ask(self, context, rng):
        proposal = {param["name"]: parnas_plugin.draw(param, rng) for param in self.params}
        if self.best:
            changed = rng.choice(self.params)["name"]
            proposal.update({name: value for name, value in self.best["parameters"].items() if name != changed})
        return proposal


parnas_plugin.serve(@Name@)
