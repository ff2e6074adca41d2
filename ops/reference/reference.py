#!/usr/bin/env python3
"""bench-reference: CREDIT-REF-1 on our one path beside its peers, in turns, on a real Kafka and a PostgreSQL of its own.

Prints a table as it goes and one JSON object as its last line. The job, its data and its peers lie in ../shared/peers (or XINQIAO_PEERS)
with a real Kafka beside them (or KAFKA_HOME); without them it says so in one line and ends well. What it needs from Debian:
python3-numpy python3-confluent-kafka python3-psycopg python3-fastjsonschema postgresql default-jre-headless.

    reference.py [--runs 3] [--records 1000000] [--streams 600000] [--quick] [--only throughput|latency|crash]
"""
import argparse, json, os, shutil, signal, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def skip(why):
    print(f"bench-reference: skipped: {why}")
    print(json.dumps({"skipped": why}))
    sys.exit(0)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="runs of each engine (median)")
    parser.add_argument("--records", type=int, default=1_000_000, help="records of a throughput run")
    parser.add_argument("--streams", type=int, default=600_000, help="records of a run of Kafka Streams")
    parser.add_argument("--quick", action="store_true", help="one run each, 200,000 records, 5 s of latency")
    parser.add_argument("--only", choices=["throughput", "latency", "crash"])
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.runs, chosen.records, chosen.streams = 1, 200_000, 200_000
        os.environ.setdefault("LAT_S", "5")
    return chosen


def prepare():
    """The peers' folder, their data, a broker and a database; what was started is in the list that comes back."""
    peers = os.path.abspath(os.environ.get("XINQIAO_PEERS") or os.path.join(ROOT, "..", "shared", "peers"))
    if not os.path.exists(os.path.join(peers, "b_pipe.py")):
        skip(f"no peers in {os.path.relpath(peers, ROOT)}")
    kafka = os.environ.get("KAFKA_HOME") or os.path.join(os.path.dirname(peers), "kafka")
    if not os.path.exists(os.path.join(kafka, "bin", "start")) and "KAFKA" not in os.environ:
        skip("no Kafka: set KAFKA_HOME, or KAFKA to a running broker")
    home = os.environ.setdefault("PEERS_HOME", os.path.expanduser("~/.cache/peers"))
    for folder in ("data/cache", "logs", "results"):
        os.makedirs(os.path.join(home, folder), exist_ok=True)
    missing = []
    for module in ("numpy", "confluent_kafka", "psycopg", "fastjsonschema"):
        try:
            __import__(module)
        except ImportError:
            missing.append("python3-" + module.replace("_", "-"))
    if missing:
        skip("missing: apt-get install " + " ".join(missing))
    if not os.path.exists(os.path.join(home, "data", "records.jsonl")):
        print("making the data …", flush=True)
        subprocess.run([sys.executable, os.path.join(peers, "java", "gen_lite.py")], check=True, stdout=subprocess.DEVNULL)
    started = []
    if "KAFKA" not in os.environ:
        folder = tempfile.mkdtemp(prefix="xinqiao-reference-", dir="/var/tmp")
        pid = int(subprocess.run([os.path.join(kafka, "bin", "start"), "19092", folder], check=True, capture_output=True, text=True).stdout)
        time.sleep(0.5)
        if not os.path.exists(f"/proc/{pid}"):
            sys.exit("bench-reference: another broker has port 19092; end it, or name it in KAFKA")
        os.environ["KAFKA"] = "127.0.0.1:19092"
        os.environ["KAFKA_PID"] = str(pid)
        started.append(("kafka", pid, folder))
    subprocess.run(["bash", os.path.join(peers, "pg.sh"), "start"], check=True, stdout=subprocess.DEVNULL)
    started.append(("postgres", os.path.join(peers, "pg.sh"), None))
    sys.path.insert(0, peers)
    sys.dont_write_bytecode = True
    os.environ.setdefault("PGPORT", "54329")
    import b_pipe

    return b_pipe, started


def end(started):
    for kind, what, folder in reversed(started):
        if kind == "postgres":
            subprocess.run(["bash", what, "stop"], stdout=subprocess.DEVNULL)
        else:
            try:
                os.kill(what, signal.SIGTERM)
                time.sleep(2)
            except ProcessLookupError:
                print("bench-reference: the broker ended before its time", file=sys.stderr)
            shutil.rmtree(folder, ignore_errors=True)


OURS = os.path.join(ROOT, ".build", "release", "credit-reference")


def throughput(pipe, command, count):
    """One run: records a second from the start of the process to the last row and the last message, exact, or a refusal."""
    expected = pipe.expected(count)
    run = pipe.Run(count)
    try:
        run.preload(count)
        run.start(command)
        run.rows(expected["rows"], 240)
        rows, total, *_ = sums = run.sums()
        if rows != expected["rows"] or int(total) != expected["score_sum"]:
            raise SystemExit(f"bench-reference: {command[0]}: {rows} rows of {expected['rows']}, sum {total} of {expected['score_sum']}")
        done = run.published(expected["rows"], 240)
        seconds = max(float(sums[3]), done) - run.t0
        cpu, peak = run.cpus(), run.mem()
        time.sleep(0.5)
        run.stop()
    finally:
        run.close()
    return {"per_s": count / seconds, "cpu_us": {name: value / count * 1e6 for name, value in cpu.items()}, "peak_mb": peak}


def latency(pipe, command, rate):
    """Percentiles from produce() to the hands of a consumer, in milliseconds, by the peers' own harness."""
    seen = []
    former, pipe.emit = pipe.emit, seen.append
    try:
        pipe.latency("OURS", None, command, "", rate)
    finally:
        pipe.emit = former
    if not seen or "error" in seen[0]:
        raise SystemExit(f"bench-reference: latency at {rate}/s: {seen}")
    return seen[0]["latency_ms"]


def as_a_receiver(pipe, run):
    """What somebody makes of apps.scored who takes only the next sequence of each link: how often each id took effect, and gaps."""
    consumer = run.ck.Consumer({
        "bootstrap.servers": run.bs, "group.id": "receiver" + run.run, "auto.offset.reset": "earliest", "enable.partition.eof": True})
    consumer.assign([run.ck.TopicPartition(run.T["apps.scored"], lane, run.ck.OFFSET_BEGINNING) for lane in range(4)])
    last, taken, repeated, ends = {}, {}, 0, set()
    idle = time.time()
    while len(ends) < 4 and time.time() - idle < 15:
        for message in consumer.consume(5000, 0.5):
            if message.error():
                ends.add(message.partition())
                continue
            idle = time.time()
            place = dict(message.headers() or []).get("xinqiao-link", b"").decode()
            link, _, sequence = place.rpartition("/")
            key = (link, message.partition())
            if int(sequence) <= last.get(key, 0):
                repeated += 1
                continue
            if int(sequence) != last.get(key, 0) + 1:
                continue  # Ahead of its turn: it comes again behind the missing one.
            last[key] = int(sequence)
            taken.setdefault(message.key(), []).append(message.value())
    consumer.close()
    return taken, repeated


def crash(pipe, command, count):
    """kill -9 at half of the rows, started again at once: what is twice and what is missing for a receiver of our links."""
    expected = pipe.expected(count)
    run = pipe.Run(count)
    try:
        run.preload(count)
        run.start(command)
        while run.alive() and run.count() < expected["rows"] // 2:
            time.sleep(0.01)
        run.stop(signal.SIGKILL)
        before = run.hi()
        killed = time.time()
        run.start(command, "a")
        first = None
        while first is None and time.time() - killed < 30:
            if run.hi() > before:
                first = time.time()
            time.sleep(0.005)
        run.rows(expected["rows"], 120)
        run.published(expected["rows"], 120)
        rows, total, *_ = run.sums()
        time.sleep(1)
        run.stop()
        taken, repeated = as_a_receiver(pipe, run)
    finally:
        run.close()
    # One input in a hundred is itself a repetition: each of the two is one message of its own, with the same content.
    inputs = {}
    for key, line in pipe.records(count):
        inputs[key] = inputs.get(key, 0) + 1
    twice = sum(1 for key, values in taken.items() if len(values) > inputs.get(key, 0))
    return {
        "exact": rows == expected["rows"] and int(total) == expected["score_sum"], "twice": twice,
        "missing": expected["rows"] - len(taken), "sent_again": repeated, "first_output_s": (first or killed + 30) - killed}


def main():
    chosen = arguments()
    if not os.path.exists(OURS):
        sys.exit("bench-reference: run `make build` first")
    pipe, started = prepare()
    figures = {"records": chosen.records, "runs": chosen.runs}
    try:
        # Whoever comes first finds a broker whose compiler is still at work: nobody is timed there.
        if chosen.only != "crash":
            throughput(pipe, [OURS], min(chosen.records, 300_000))
        if chosen.only in (None, "throughput"):
            engines = {
                "ours": ([OURS], chosen.records), "expert java, direct COPY": (pipe.java("Expert", "--direct"), chosen.records),
                "kafka streams": (pipe.java("Streams", "at_least_once"), chosen.streams)}
            for name, (command, _) in engines.items():
                if name != "ours":
                    pipe.train(command)
            results = {name: [] for name in engines}
            for turn in range(chosen.runs):
                names = list(engines)
                for name in names[turn % len(names):] + names[: turn % len(names)]:
                    command, count = engines[name]
                    if name != "ours":
                        command = pipe.peers()["java expert direct COPY" if "expert" in name else "java streams"][1]
                    result = throughput(pipe, command, count)
                    results[name].append(result)
                    cpu = ", ".join(f"{part} {value:.2f}" for part, value in result["cpu_us"].items())
                    print(f"{name:26} {result['per_s']:10,.0f} records/s  peak {result['peak_mb']:.0f} MB  CPU µs a record: {cpu}", flush=True)

            def ratio(peer):
                return round(statistics.median(a["per_s"] / b["per_s"] for a, b in zip(results["ours"], results[peer])), 3)

            figures["reference_per_s"] = round(statistics.median(run["per_s"] for run in results["ours"]))
            figures["reference_vs_expert_java"] = ratio("expert java, direct COPY")
            figures["reference_vs_kafka_streams"] = ratio("kafka streams")
            figures["reference_rss_mb"] = round(max(run["peak_mb"] for run in results["ours"]), 1)
            figures["reference_cpu_us"] = {part: round(statistics.median(run["cpu_us"][part] for run in results["ours"]), 2)
                                           for part in ("engine", "broker", "pg")}
            python = next((peer for peer in ("corvus_json_schema_rs", "orjson") if not _has(peer)), None)
            figures["reference_vs_python"] = None
            if python:
                print(f"the Python engines are left out: {python} is not installed (PyPI, ../shared/peers/install.sh)")
            else:
                command = pipe.peers()["expert python (confluent-kafka+psycopg)"][1]
                count = min(chosen.records, 100_000)
                figures["reference_vs_python"] = round(throughput(pipe, [OURS], count)["per_s"] / throughput(pipe, command, count)["per_s"], 3)
        if chosen.only in (None, "latency"):
            # The harness produces and consumes in Python on the same cores, so the peer's figure says what this machine allows at all.
            pipe.train(pipe.java("Expert", "--direct"))
            for rate, key in ((20_000, "20k"), (2_000, "2k")):
                peer = latency(pipe, pipe.peers()["java expert direct COPY"][1], rate)
                found = latency(pipe, [OURS], rate)
                figures[f"reference_p50_ms_{key}"], figures[f"reference_p99_ms_{key}"] = found["p50"], found["p99"]
                figures[f"reference_p99_{key}_vs_expert_java"] = round(found["p99"] / peer["p99"], 3)
                print(f"latency at {rate:,}/s: p50 {found['p50']} ms, p99 {found['p99']} ms; "
                      f"expert Java {peer['p50']} and {peer['p99']} ms", flush=True)
        if chosen.only in (None, "crash"):
            found = crash(pipe, [OURS], 200_000)
            print(f"kill -9 at half: {found}", flush=True)
            figures["reference_twice"], figures["reference_missing"] = found["twice"], found["missing"]
            figures["reference_resume_s"], figures["reference_exact"] = round(found["first_output_s"], 3), found["exact"]
    finally:
        end(started)
    print(json.dumps(figures))


def _has(module):
    try:
        __import__(module)
        return True
    except ImportError:
        return False


if __name__ == "__main__":
    main()
