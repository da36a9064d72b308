"""Faults in workloads: replicas, images, crashes, scheduling, rollouts."""

from certdash.demo.chart import objects as chart
from certdash.demo.faults.api import STRATEGIC
from certdash.demo.faults.cluster import Behaviour, wait_for
from certdash.demo.faults.objects import ObjectFaults

NEW_TAG = "v1.21.2"


class WorkloadFaults(ObjectFaults):
    """Breaks Deployments and their pods."""

    def _deployment(self, component: str) -> str:
        return self._namespaced("/apis/apps/v1", "deployments", self._component(component).deployment)

    def delete_deployment(self, component: str) -> None:
        """Delete a component's Deployment, and with it its pods and processes."""
        self._broke(f"deployment {component}", lambda: self.restore_deployment(component))
        self.api.delete(self._deployment(component), propagationPolicy="Background")
        wait_for(f"pods of {component} gone", lambda: not self.cluster.node.of(component))

    def restore_deployment(self, component: str) -> None:
        """Apply a component's Deployment as the chart has it: one replica, the installed version."""
        self._forget_leaders(component)
        made = self._charted(chart.deployment(self._component(component)))
        made["spec"]["progressDeadlineSeconds"] = 600
        self.api.apply(self._deployment(component), made)
        self._healed(f"deployment {component}")

    def scale(self, component: str, replicas: str | int) -> None:
        """Scale a component; its processes come and go with its pods."""
        count = int(replicas)
        self._broke(f"deployment {component}", lambda: self.restore_deployment(component))
        self.api.patch(f"{self._deployment(component)}/scale", {"spec": {"replicas": count}})
        wait_for(f"{component} at {count} pods", lambda: len(self.cluster.node.of(component)) == count)

    def delete_pod(self, component: str) -> None:
        """Delete the component's pods; its ReplicaSet makes new ones."""
        for pod in self.cluster.node.of(component):
            self.api.delete(pod.path)

    def image_pull_failure(self, component: str) -> None:
        """Replace the component's pods by such whose image can't be pulled."""
        self._replace_pods(component, Behaviour.IMAGE_PULL)

    def pending_unschedulable(self, component: str) -> None:
        """Replace the component's pods by such for which there is no node."""
        self._replace_pods(component, Behaviour.UNSCHEDULABLE)

    def crash_loop(self, component: str) -> None:
        """Let the component's container crash again and again."""
        self._behave(component, Behaviour.CRASH_LOOP)

    def never_ready(self, component: str) -> None:
        """Let the component's pods run and never be ready."""
        self._behave(component, Behaviour.NEVER_READY)

    def no_ready_endpoints(self) -> None:
        """Let the webhook's pods be unready, so that its Service has no ready endpoint."""
        self.never_ready("webhook")
        node = self.cluster.node
        wait_for("unready webhook", lambda: not any(pod.ready for pod in node.of("webhook")))

    def behave_normally(self, component: str) -> None:
        """Let the component's pods fare well again."""
        self.cluster.node.behave(component, Behaviour.NORMAL)
        self._healed(f"behaviour {component}")

    def _behave(self, component: str, behaviour: Behaviour) -> None:
        self._component(component)
        self._broke(f"behaviour {component}", lambda: self.behave_normally(component))
        self.cluster.node.behave(component, behaviour)

    def _replace_pods(self, component: str, behaviour: Behaviour) -> None:
        self._component(component)
        self._broke(f"behaviour {component}", lambda: self.behave_normally(component))
        self.cluster.node.behave_next(component, behaviour)
        self.delete_pod(component)

    def start_rollout(self, component: str, tag: str = NEW_TAG, ready_after: str | float = 0.0) -> None:
        """Roll the component out with another image tag; the old pod serves until the new one is ready.

        `ready_after` is how many seconds after its start the new pod may be ready at the earliest.
        """
        self.cluster.node.delay_readiness(component, tag, float(ready_after))
        self._set_image(component, tag)

    def stuck_rollout(self, component: str, tag: str = NEW_TAG, deadline: str | int = 600) -> None:
        """Begin a rollout whose new pod can't pull its image; `deadline` is progressDeadlineSeconds."""
        self.cluster.node.behave_next(component, Behaviour.IMAGE_PULL, tag)
        self._set_image(component, tag, int(deadline))

    def finish_rollout(self, component: str, tag: str = NEW_TAG) -> None:
        """Let the new pod of a delayed or stuck rollout become ready now."""
        self.cluster.node.delay_readiness(component, tag, None)
        self.cluster.node.behave(component, Behaviour.NORMAL, tag)

    def _set_image(self, component: str, tag: str, deadline: int = 600) -> None:
        part = self._component(component)
        named = f"{part.image}:{tag}"
        version = {"app.kubernetes.io/version": tag, "helm.sh/chart": f"cert-manager-{tag}"}

        def undo() -> None:
            self.finish_rollout(component, tag)
            self.restore_deployment(component)

        self._broke(f"deployment {component}", undo)
        change = {
            "metadata": {"labels": version},
            "spec": {
                "progressDeadlineSeconds": deadline,
                "template": {
                    "metadata": {"labels": version},
                    "spec": {"containers": [{"name": part.container, "image": named}]},
                },
            },
        }
        self.api.patch(self._deployment(component), change, STRATEGIC)
        if tag != self.cluster.version:
            wait_for("the new ReplicaSet's pod", lambda: any(p.tag == tag for p in self.cluster.node.of(component)))
