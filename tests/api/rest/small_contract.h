// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace parnas::tests {

// A document with one operation of each kind.
inline constexpr const char* kSmallDocument = R"(
openapi: 3.1.0
info: {title: small, version: '1'}
security: [{bearer: []}]
x-shared:
  every:
    responses:
      '400': {$ref: '#/components/responses/problem'}
      '406': {$ref: '#/components/responses/problem'}
      '500': {$ref: '#/components/responses/problem'}
  secured:
    responses:
      '401': {$ref: '#/components/responses/problem'}
      '403': {$ref: '#/components/responses/problem'}
  addressed:
    responses:
      '404': {$ref: '#/components/responses/problem'}
  body:
    responses:
      '415': {$ref: '#/components/responses/problem'}
      '422': {$ref: '#/components/responses/problem'}
  x-idempotent:
    parameters:
      - {name: Idempotency-Key, in: header, schema: {type: string, pattern: '^[!-~]{1,128}$', maxLength: 128}}
    responses:
      '409': {$ref: '#/components/responses/problem'}
  x-if-match:
    parameters:
      - {name: If-Match, in: header, required: true, schema: {type: string}}
    responses:
      '412': {$ref: '#/components/responses/problem'}
      '428': {$ref: '#/components/responses/problem'}
  x-etag:
    parameters:
      - {name: If-None-Match, in: header, schema: {type: string}}
    responses:
      '304': {description: known}
  x-paged:
    parameters:
      - {name: page_size, in: query, schema: {type: integer, minimum: 1, maximum: 1000, default: 100}}
      - {name: page_token, in: query, schema: {type: string, maxLength: 512}}
paths:
  /open:
    get:
      operationId: open
      summary: For everybody.
      security: []
      x-lane: vital
      responses:
        '200': {description: ok, content: {text/plain: {schema: {type: string}}}}
  /things:
    get:
      operationId: list_things
      summary: A page of them.
      x-scope: read
      x-lane: normal
      x-paged: true
      parameters:
        - {name: colour, in: query, schema: {enum: [red, blue]}}
        - {name: heavy, in: query, schema: {type: boolean}}
        - {name: weight, in: query, schema: {type: number, minimum: 0}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: object}}}}
    post:
      operationId: make_thing
      summary: A new one.
      x-scope: submit
      x-lane: normal
      x-idempotent: true
      x-body-bytes: 1000
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [colour]
              properties:
                colour: {enum: [red, blue]}
                weight: {type: number, minimum: 0}
      responses:
        '201':
          description: made
          content: {application/json: {schema: {type: object}}}
  /things/{number}:
    parameters:
      - {name: number, in: path, required: true, schema: {type: integer, minimum: 0}}
    get:
      operationId: get_thing
      summary: One of them.
      x-scope: [read, work]
      x-lane: waiting
      x-etag: true
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {type: object}}
            text/event-stream: {schema: {type: string}}
    patch:
      operationId: change_thing
      summary: Changes it.
      x-lane: normal
      x-if-match: true
      requestBody:
        required: false
        content:
          application/json:
            schema: {type: object}
      responses:
        '200': {description: ok, content: {application/json: {schema: {type: object}}}}
components:
  responses:
    problem:
      description: a problem
      content: {application/problem+json: {schema: {type: object, required: [type, status]}}}
)";

}  // namespace parnas::tests
