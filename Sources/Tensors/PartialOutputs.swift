import Glibc
import Synchronization

/// The unfinished outputs of this process, which an interruption must not leave behind.
package enum PartialOutputs {
  private static let paths = Mutex<Set<String>>([])

  static func remember(_ path: String) { _ = paths.withLock { $0.insert(path) } }
  static func forget(_ path: String) { _ = paths.withLock { $0.remove(path) } }

  /// Whether the parent wants a signal to be ignored, as `nohup` does.
  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
  }

  /// Removes an output into which other threads still put files: under another name they cannot, and
  /// what was on its way there is removed with the next try.
  private static func removeInUse(_ path: String) {
    let aside = path + "-removed"
    let target = rename(path, aside) == 0 ? aside : path
    for _ in 0..<100 {
      removeTree(target)
      guard exists(target) else { return }
      usleep(1000)
    }
  }

  /// From now on SIGINT, SIGTERM and SIGHUP remove unfinished outputs before they end the process.
  ///
  /// Call it before any other thread is started: they inherit the blocked signals.
  package static func removeWhenInterrupted() {
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(signal) { sigaddset(&signals, signal) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let awaited = signals
    _ = startThread {
      var signals = awaited
      var received: Int32 = 0
      while sigwait(&signals, &received) != 0 {}
      // The lock is kept, so that no output is begun or put in place any more.
      paths.withLock { paths in
        for path in paths { removeInUse(path) }
        signal(received, SIG_DFL)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(received)
        _exit(128 + received)
      }
    }
  }
}
