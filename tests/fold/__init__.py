"""A fast simulator of the fold alone: abstract devices, real entries and the product's own rules, no screens and no wires."""
