"""Sign in and out."""

from django.contrib.auth.views import LoginView, LogoutView


class SignIn(LoginView):
    """The only page for people we do not know yet."""

    template_name = "sign_in/sign_in.html"
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Leave; a button, never a link."""

    http_method_names = ["post", "options"]
