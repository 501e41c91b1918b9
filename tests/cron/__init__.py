"""As cron runs it: bounded in time, ended at any instant, in an environment that is bare."""
