"""App instances, their users and admins: the identity service. It takes no bearer; IAM alone guards it."""

from worker.local.chime.call import Answer, Call, app_instance_of, present
from worker.local.chime.errors import forbidden, not_found
from worker.local.chime.expiry import expiration_in
from worker.local.chime.pages import page_by_key
from worker.local.chime.records import AppInstance, Appointment, User
from worker.local.chime.store import Store, as_identity, timestamp

_ACCOUNT = "arn:aws:chime:us-east-1:123456789012"


def create_app_instance(store: Store, call: Call) -> Answer:
    """Create an app instance under a new ARN; the same token gets the same one."""
    first = store.tokens.first_answer(call, "", switches=store.switches)
    if first is not None:
        return first
    arn = f"{_ACCOUNT}:app-instance/{store.new_uuid()}"
    name, metadata = call.text("Name"), call.maybe_text("Metadata")
    store.add_app_instance(arn, name=name, metadata=metadata, now_ms=call.now_ms)
    store.tag(arn, call)
    return store.tokens.remembered(call, "", answer={"AppInstanceArn": arn})


def describe_app_instance(store: Store, call: Call) -> Answer:
    """One app instance, whole."""
    app_instance = store.app_instance(call)
    return {"AppInstance": {**_app_instance_summary(app_instance), **times_of(app_instance)}}


def update_app_instance(store: Store, call: Call) -> Answer:
    """Give an app instance another name and other metadata."""
    found = store.app_instance(call)
    found.name, found.metadata, found.updated_ms = call.text("Name"), call.text("Metadata"), call.now_ms
    return {"AppInstanceArn": found.arn}


def delete_app_instance(store: Store, call: Call) -> Answer:
    """Remove an app instance with all that belongs to it, at once; Chime takes its time."""
    store.remove_app_instance(store.app_instance(call))
    return {}


def list_app_instances(store: Store, call: Call) -> Answer:
    """The app instances of the account."""
    found = store.app_instances.values()
    page, token = page_by_key(found, call, key=lambda app_instance: app_instance.arn, switches=store.switches)
    return present(AppInstances=[_app_instance_summary(each) for each in page], NextToken=token)


def create_app_instance_user(store: Store, call: Call) -> Answer:
    """Create a user whose ARN ends in the given id; an id that exists is a conflict."""
    app_instance = store.app_instance(call)
    first = store.tokens.first_answer(call, app_instance.arn, switches=store.switches)
    if first is not None:
        return first
    arn = f"{app_instance.arn}/user/{call.text('AppInstanceUserId')}"
    name, metadata = call.text("Name"), call.maybe_text("Metadata")
    user = store.add_user(arn, name=name, metadata=metadata, now_ms=call.now_ms)
    user.expiration = expiration_in(call)
    store.tag(arn, call)
    return store.tokens.remembered(call, app_instance.arn, answer={"AppInstanceUserArn": arn})


def describe_app_instance_user(store: Store, call: Call) -> Answer:
    """One user, whole."""
    user = _user(store, call)
    whole = present(**_user_summary(user), ExpirationSettings=user.expiration, **times_of(user))
    return {"AppInstanceUser": whole}


def update_app_instance_user(store: Store, call: Call) -> Answer:
    """Give a user another name and other metadata; messages keep the name they were sent under."""
    user = _user(store, call)
    user.name, user.metadata, user.updated_ms = call.text("Name"), call.text("Metadata"), call.now_ms
    return {"AppInstanceUserArn": user.arn}


def delete_app_instance_user(store: Store, call: Call) -> Answer:
    """Remove a user from everything it belongs to; its messages stay."""
    store.remove_user(_user(store, call))
    return {}


def list_app_instance_users(store: Store, call: Call) -> Answer:
    """The users of an app instance; bots are not among them."""
    users = (user for user in store.app_instance(call).users.values() if "/user/" in user.arn)
    page, token = page_by_key(users, call, key=lambda user: user.arn, switches=store.switches)
    found = [_user_summary(user) for user in page]
    return present(AppInstanceArn=call.text("AppInstanceArn"), AppInstanceUsers=found, NextToken=token)


def create_app_instance_admin(store: Store, call: Call) -> Answer:
    """Promote a user or bot to app instance admin; that makes it a member of no channel."""
    app_instance = store.app_instance(call)
    arn = call.text("AppInstanceAdminArn")
    if app_instance_of(arn) != app_instance.arn:
        raise forbidden()
    user = store.add_admin(arn, now_ms=call.now_ms)
    return {"AppInstanceAdmin": as_identity(user), "AppInstanceArn": app_instance.arn}


def describe_app_instance_admin(store: Store, call: Call) -> Answer:
    """One admin, whole."""
    app_instance, admin = _admin(store, call)
    whole = {
        "Admin": as_identity(admin.who),
        "AppInstanceArn": app_instance.arn,
        "CreatedTimestamp": timestamp(admin.created_ms),
    }
    return {"AppInstanceAdmin": whole}


def delete_app_instance_admin(store: Store, call: Call) -> Answer:
    """End an admin's promotion."""
    app_instance, admin = _admin(store, call)
    del app_instance.admins[admin.who.arn]
    return {}


def list_app_instance_admins(store: Store, call: Call) -> Answer:
    """The admins of an app instance."""
    app_instance = store.app_instance(call)
    page, token = page_by_key(
        app_instance.admins.values(), call, key=lambda admin: admin.who.arn, switches=store.switches
    )
    admins = [{"Admin": as_identity(admin.who)} for admin in page]
    return present(AppInstanceArn=app_instance.arn, AppInstanceAdmins=admins, NextToken=token)


def _admin(store: Store, call: Call) -> tuple[AppInstance, Appointment]:
    app_instance = store.app_instance(call)
    admin = app_instance.admins.get(call.text("AppInstanceAdminArn"))
    if admin is None:
        raise not_found("The app instance admin does not exist")
    return app_instance, admin


def _app_instance_summary(app_instance: AppInstance) -> Answer:
    return present(AppInstanceArn=app_instance.arn, Name=app_instance.name, Metadata=app_instance.metadata)


def _user(store: Store, call: Call) -> User:
    arn = call.text("AppInstanceUserArn")
    return store.owner_of(arn).user(arn)


def times_of(found: AppInstance | User) -> Answer:
    """When something was made, and last changed."""
    return {
        "CreatedTimestamp": timestamp(found.created_ms),
        "LastUpdatedTimestamp": timestamp(found.updated_ms),
    }


def _user_summary(user: User) -> Answer:
    return present(AppInstanceUserArn=user.arn, Name=user.name, Metadata=user.metadata)


SERVED = {
    "CreateAppInstance": create_app_instance,
    "DescribeAppInstance": describe_app_instance,
    "ListAppInstances": list_app_instances,
    "UpdateAppInstance": update_app_instance,
    "DeleteAppInstance": delete_app_instance,
    "CreateAppInstanceUser": create_app_instance_user,
    "DescribeAppInstanceUser": describe_app_instance_user,
    "ListAppInstanceUsers": list_app_instance_users,
    "UpdateAppInstanceUser": update_app_instance_user,
    "DeleteAppInstanceUser": delete_app_instance_user,
    "CreateAppInstanceAdmin": create_app_instance_admin,
    "DescribeAppInstanceAdmin": describe_app_instance_admin,
    "DeleteAppInstanceAdmin": delete_app_instance_admin,
    "ListAppInstanceAdmins": list_app_instance_admins,
}
