"""What producers and readers of outcomes see: the job, its reasons and its ends. Pure; it never does I/O."""
