# `make demo`, `make test` and `make test-long` set up everything they need, also on a machine that has only git, make and python3.
.PHONY: demo test test-long model bench bench-peers

# What the tests need on top of the product: brokers, a real window, the order of system calls, disks and networks to break,
# a compiler for the model.
TEST_PACKAGES = xvfb xdotool strace e2fsprogs mount mosquitto iproute2 nftables g++

demo:
	@sh deploy/setup.sh mosquitto
	@.venv/bin/valgbord demo $(DEMO)

test:
	@sh deploy/setup.sh $(TEST_PACKAGES)
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/pytest -m "not long" -n 2 --dist loadfile $(PYTEST)
	@echo "== Not run: what takes minutes. make test-long"

test-long:
	@sh deploy/setup.sh $(TEST_PACKAGES)
	.venv/bin/pytest -m long -n 2 $(PYTEST)

model:
	@sh deploy/setup.sh g++
	.venv/bin/python -m tests.model $(MODEL)

bench:
	@sh deploy/setup.sh $(TEST_PACKAGES)
	.venv/bin/python tests/bench/bench_import.py
	.venv/bin/python tests/bench/bench_start.py
	.venv/bin/python tests/bench/bench_checkin.py
	.venv/bin/python tests/bench/bench_reports.py
	.venv/bin/python tests/bench/bench_place.py

bench-peers:
	@sh deploy/setup.sh $(TEST_PACKAGES) etcd-server postgresql
	.venv/bin/python tests/bench/peers/bench_peers.py $(or $(OUT),out/peers) $(PEERS)
