#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* A tracer takes a system call away and sets its result, as `strace -e inject` does. */
int main(void)
{
	int status;
	struct user_regs_struct registers;
	pid_t child = fork();

	if (child == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(syscall(SYS_getppid) == 42 ? 0 : 1);
	}
	waitpid(child, &status, 0);
	ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	do {
		ptrace(PTRACE_SYSCALL, child, 0, 0);
		waitpid(child, &status, 0);
		if (!WIFSTOPPED(status))
			return 2;
		ptrace(PTRACE_GETREGS, child, 0, &registers);
	} while (registers.orig_rax != SYS_getppid);
	registers.orig_rax = -1;
	registers.rax = 42;
	ptrace(PTRACE_SETREGS, child, 0, &registers);
	ptrace(PTRACE_CONT, child, 0, 0);
	waitpid(child, &status, 0);
	printf("exit %d\n", WEXITSTATUS(status));
	printf("mode %d\n", prctl(PR_GET_SECCOMP));
	return 0;
}
