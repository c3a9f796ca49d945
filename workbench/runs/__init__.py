"""From a request to a published run: queue, nursery, execute, results, history."""
