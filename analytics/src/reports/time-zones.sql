-- Time zones that the engine knows.
SELECT time_zone FROM system.time_zones
