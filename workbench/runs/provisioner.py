"""A kernel provisioner that adopts a kernel which was forked from a preloaded process.

Jupyter's own machinery (papermill, nbclient, jupyter_client) stays as it is; only the start is replaced.
"""

import asyncio
import contextlib
import os
import signal
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Dict, Int

POLL_S = 0.02


class NurseryProvisioner(KernelProvisionerBase):
    """Life-cycle of a kernel process that already runs: poll, wait, signal, kill; it starts once."""

    pid = Int(0, config=True)
    connection = Dict(config=True)

    _exit_status: int | None = None
    _adopted = False

    @property
    def has_process(self) -> bool:
        """Whether a kernel was adopted and has not been waited for."""
        return self._adopted

    async def poll(self) -> int | None:
        """Return the exit status, or None while the kernel lives."""
        if self._exit_status is None and self._adopted:
            with contextlib.suppress(ChildProcessError):
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if pid:
                    self._exit_status = os.waitstatus_to_exitcode(status)
        return self._exit_status if self._adopted else 0

    async def wait(self) -> int | None:
        """Wait until the kernel is gone."""
        while await self.poll() is None:
            await asyncio.sleep(POLL_S)
        self._adopted = False
        return self._exit_status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel and to what it started."""
        if self._adopted and self._exit_status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002 (jupyter_client's signature)
        """End the kernel now."""
        await self.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002
        """Ask the kernel to end."""
        await self.send_signal(signal.SIGTERM)

    async def cleanup(self, restart: bool = False) -> None:
        """Nothing is left behind: the sockets' folder belongs to the slot."""

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """There is no command to build."""
        prepared: dict[str, Any] = await super().pre_launch(cmd=[], **kwargs)
        return prepared

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:  # noqa: ARG002
        """Adopt the forked kernel."""
        if self._adopted:
            raise RuntimeError("a kernel from the nursery serves one run and is not restarted")
        self._adopted = True
        self.connection_info = {**self.connection, "key": self.connection["key"].encode()}
        return self.connection_info


class NurseryKernelManager(AsyncKernelManager):
    """A kernel manager whose kernel comes from the nursery, whatever kernelspec a notebook names."""

    pid = Int(0)
    connection = Dict()

    @property
    def kernel_spec(self) -> KernelSpec:
        """Describe the forked kernel to jupyter_client."""
        config = {"pid": self.pid, "connection": self.connection}
        provisioner = {"provisioner_name": "workbench-nursery", "config": config}
        return KernelSpec(
            argv=["workbench-nursery"],
            display_name="Python 3",
            language="python",
            metadata={"kernel_provisioner": provisioner},
        )
