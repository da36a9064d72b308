"""One simulated node: scheduler, kubelet and kube-proxy, for the embedded cluster and a real control plane alike."""
