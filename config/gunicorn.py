"""How gunicorn serves the site and what it writes down, in production and with `make run`: gunicorn -c config/gunicorn.py."""

accesslog = "-"
control_socket_disable = True
logger_class = "config.logs.GunicornLogger"
# Never who asked (%(h)s), the address they asked for with its tokens and query (%(r)s, %(U)s), or where they came from (%(f)s):
# the route that answered says enough. `ui.middleware.RouteMiddleware` puts it into the environment of the request.
access_log_format = "%(t)s %(m)s %({odha.route}e)s %(s)s %(B)s bytes %(L)s s"
# Nobody's X-Forwarded-Proto is believed here; the settings believe it where TRUSTED_PROXIES says so.
forwarded_allow_ips = ""
