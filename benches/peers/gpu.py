"""Measures functions from tensors to tensors on a GPU, of any library; memory, events and graphs are PyTorch's."""

import time

import common


def event_times(torch, run, batches, runs):
    """Microseconds per batch for runs of `batches` between events, without a wait between them."""
    start = time.perf_counter()
    while time.perf_counter() - start < 0.1:
        run()
        torch.cuda.synchronize()
    events = [torch.cuda.Event(enable_timing=True) for _ in range(runs + 1)]
    run()
    events[0].record()
    for event in events[1:]:
        run()
        event.record()
    torch.cuda.synchronize()
    return [a.elapsed_time(b) * 1e3 / batches for a, b in zip(events, events[1:])]


def captured(torch, run):
    """`run` as a CUDA graph."""
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        run()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph


def measure(torch, workload, function, options, graphs):
    batch = torch.from_numpy(workload.input_batch()).cuda()
    inputs = [batch.clone() for _ in range(workload.rotation())]
    distinct = len(workload.expected())
    compile_start = time.perf_counter()
    result = function(inputs[0])
    torch.cuda.synchronize()
    first_call = time.perf_counter() - compile_start
    if workload.batch < distinct:
        one_by_one = (torch.from_numpy(image[None]).cuda() for image in workload.inputs())
        results = [function(image)[0].cpu().numpy() for image in one_by_one]
    else:
        results = [one.cpu().numpy() for one in result[:distinct]]
    agree = common.agreement(results, workload.expected())

    if workload.latency:
        budget = 0.2 if options.quick else 0.7
        turn = iter(range(1 << 30))

        def waited_for(run):
            def call():
                run()
                torch.cuda.synchronize()

            return common.wall_times(call, budget)

        ways = {"wall, called": waited_for(lambda: function(inputs[next(turn) % len(inputs)]))}
        if graphs:
            # One input only: another address would need a copy.
            ways["wall, graph"] = waited_for(captured(torch, lambda: function(inputs[0])).replay)
    else:
        runs = 8 if options.quick else 30

        def all_inputs():
            # Each result is dropped at once, so that its memory is reused.
            for one in inputs:
                function(one)

        ways = {"device, called": event_times(torch, all_inputs, len(inputs), runs)}
        if graphs:
            graph = captured(torch, all_inputs)
            ways["device, graph"] = event_times(torch, graph.replay, len(inputs), runs)
    ways = {way: common.spread(times) for way, times in ways.items()}
    best = min(ways, key=lambda way: ways[way]["median"])
    return {
        "name": workload.name,
        "batch": workload.batch,
        "timed": best,
        "us_per_batch": ways[best],
        "ways": ways,
        "first_call_seconds": first_call,
        "agreement": agree,
    }


def measured(torch, workload, function, options, graphs=True):
    """Like `measure`; prints the error of a workload that cannot run and continues with the others."""
    try:
        return measure(torch, workload, function, options, graphs)
    except Exception as error:
        text = str(error).strip().splitlines() or [type(error).__name__]
        return {"name": workload.name, "batch": workload.batch, "skipped": f"failed: {text[0]}"}
    finally:
        torch.cuda.empty_cache()


def torch_with_gpu(tool):
    """The module torch, or None where it is not installed or has no GPU."""
    try:
        import torch
    except ImportError:
        print(f"{tool}: not installed (the package torch)")
        return None
    if not torch.cuda.is_available():
        print(f"{tool}: no GPU that PyTorch can use")
        return None
    torch.set_grad_enabled(False)
    return torch
